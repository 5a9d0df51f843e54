"""Which resources have which kinds of services, and how is Prometheus asked for them?"""

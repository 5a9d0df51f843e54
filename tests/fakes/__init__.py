"""Stand-ins for the ports: a clock that is moved by hand, an engine that plays a service."""

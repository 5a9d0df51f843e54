"""What does the service feel? Prometheus, or a local process, each in a thread of its own."""

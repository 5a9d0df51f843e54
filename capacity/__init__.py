"""Find how much load an HTTP service can take, and what breaks first."""

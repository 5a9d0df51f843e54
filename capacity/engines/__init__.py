"""What makes the load: one file for each kind of engine."""

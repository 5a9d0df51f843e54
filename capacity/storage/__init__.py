"""What stays on disk: the run folder and the four columns of .dat."""

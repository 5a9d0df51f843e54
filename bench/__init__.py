"""Speed beside every peer: the same targets, the same minute, the same yardstick for all."""

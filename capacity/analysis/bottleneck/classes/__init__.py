"""One file for each class of bottleneck: its rule, its sentences, its advice."""

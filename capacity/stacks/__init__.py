"""Stacks of functions that a profiler has sampled: which of them are hot?"""

"""Does the tool name the bottleneck of real services that have one each?"""

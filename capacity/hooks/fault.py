"""Why did a hook bring nothing?"""


class HookError(Exception):
    """A profile or a log could not be had; the text says why. Never an end of the run."""

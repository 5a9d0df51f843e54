"""How well are knee and capacity found on curves whose truth is known?"""

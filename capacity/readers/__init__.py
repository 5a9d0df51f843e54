"""Which files of steps, ours and others', can be analysed without a run?"""

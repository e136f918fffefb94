"""The doubles beside the providers' own test modes: one list of steps, made twice.

    steps ──► our client ──► the double             ┐
      └─────► our client ──► the real test mode     ┴──► differences, one line each

`make contract` runs it with the keys of whoever asks. Live keys are refused.
"""

"""What programs may load beside another vendor's client, so that it does what an older release or its page said.

Nothing here imports anything of Clew, and no other part of Clew imports this: each module is a file that may be copied.
"""

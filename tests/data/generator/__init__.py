"""What `generate.py` is made of: a module a subject, each with its stores and the questions asked of them."""

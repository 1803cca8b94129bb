"""The demo: a stack with real and made-up orders, one order proved end to end, and new ones trickling in."""

"""What the suites on real servers share: a stack, clients, generated bodies, patience."""

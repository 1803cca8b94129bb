"""A private Takings stack in a folder of its own: MongoDB, Redis, workers, push, tailer and nginx."""

"""How the Django admin writes dates: as the console does, with seconds."""

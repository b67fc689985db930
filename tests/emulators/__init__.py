"""The emulator of the demo and the tests answers as AWS does where moto by itself does not."""

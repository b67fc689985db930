"""What moto gets wrong, put right: one module per service of AWS, imported only when the emulator runs."""

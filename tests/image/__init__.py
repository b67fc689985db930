"""The image: its Dockerfile linted, carried out without a container engine, and its outcome used as in a pod."""

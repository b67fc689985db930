# The tag is for development; a release replaces it with the digest that the tag stood for (python:3.12-slim@sha256:…).
ARG PYTHON=python:3.12-slim

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/build && python -m venv --without-pip /opt/holdfast

# What changes seldom comes first. Nothing is installed that is not in a lock, hash and all.
COPY requirements-build.lock requirements-runtime.lock ./
RUN /opt/build/bin/pip install --require-hashes --requirement requirements-build.lock
RUN /opt/build/bin/pip --python /opt/holdfast/bin/python install --require-hashes --requirement requirements-runtime.lock

COPY pyproject.toml LICENSE README.md ./
COPY desired desired
COPY controller controller
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/build/bin/pip --python /opt/holdfast/bin/python install --no-deps --no-index /dist/*.whl

FROM ${PYTHON}
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="Keeps an AWS web architecture the way its document says" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Holdfast authors"
COPY --from=build /opt/holdfast /opt/holdfast
# Nothing is written at run time, so the root file system can be read-only. Bytecode is compiled in the build.
ENV PATH=/opt/holdfast/bin:$PATH HOME=/home/holdfast PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /
# A number, not a name, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
# Only `holdfast run` serves; it answers as long as its loop turns.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["holdfast"]

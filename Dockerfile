# The tag moves, so it is for development. A release names what the tag stood for that day, tag and digest:
#   docker buildx imagetools inspect docker.io/library/python:3.12-slim      (its line "Digest")
#   make image BASE=docker.io/library/python:3.12-slim@sha256:…
# Everything else that goes in is pinned by the locks. The label base.name tells afterwards what it was.
ARG PYTHON=docker.io/library/python:3.12-slim

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_COMPILE=0 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/build && python -m venv --without-pip /opt/holdfast

# What changes seldom comes first. Nothing is installed that is not in a lock, hash and all.
COPY requirements-build.lock requirements-runtime.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/build/bin/pip install --require-hashes --requirement requirements-build.lock \
    && /opt/build/bin/pip --python /opt/holdfast/bin/python install --require-hashes --requirement requirements-runtime.lock

# The Kubernetes client is two thirds of all that, and Holdfast takes from it configuration, authentication and HTTP
# alone. Its asynchronous twin goes, with the packages that nobody else needs, and so do the generated calls and types.
# hadolint ignore=DL3059
RUN /opt/build/bin/pip --python /opt/holdfast/bin/python uninstall --yes \
        aiohappyeyeballs aiohttp aiohttp-retry aiosignal attrs frozenlist multidict propcache yarl \
    && kubernetes=$(echo /opt/holdfast/lib/python3.*/site-packages/kubernetes) \
    && rm -r "$kubernetes/aio" \
    && find "$kubernetes/client/api" "$kubernetes/client/models" -type f ! -name __init__.py -delete

COPY pyproject.toml LICENSE README.md ./
COPY desired desired
COPY controller controller
# Compiled here, as nothing is written at run time; unchecked, as a copy of the image may have other times of files.
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/build/bin/pip --python /opt/holdfast/bin/python install --no-deps --no-index /dist/*.whl \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/holdfast/lib

FROM ${PYTHON}
# The base image has neither bytecode nor a use for pip: without the first, each start and each health check would
# compile Python's library anew.
RUN python -m pip uninstall --yes --root-user-action ignore pip \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /usr/local/lib/python3.*/
COPY --from=build /opt/holdfast /opt/holdfast
# Nothing is written at run time, so the root file system can be read-only.
ENV PATH=/opt/holdfast/bin:$PATH HOME=/home/holdfast PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /
# A number, not a name, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
# What serves is asked, where it serves; it answers as long as its loop turns. A command that runs to its end is well
# for as long as it runs: none may be killed in the middle for not answering.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-Ic", "\
import urllib.request\n\
said = open('/proc/1/cmdline').read().replace('=', '\\0').split('\\0')\n\
address = said[said.index('--address') + 1] if '--address' in said else ':8080'\n\
host, _, port = address.rpartition(':')\n\
if {'run', 'operator'}.intersection(said) and '--once' not in said:\n\
    urllib.request.urlopen(f'http://{host or \"127.0.0.1\"}:{port}/healthz', timeout=4)\n\
"]
ENTRYPOINT ["holdfast"]

ARG PYTHON
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="Keeps an AWS web architecture the way its document says" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Holdfast authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON}"

# The server with its sandbox. Runs as a user of its own and writes nothing, so the root file system may be read-only:
#   docker build --tag cloudwatch-mcp .
#   docker run --rm --interactive --read-only cloudwatch-mcp --sandbox
FROM python:3.12.14-slim-trixie@sha256:f77ac9e44ae96ef2c90b8053ea08c31f8be030f824196b0ae4db6d462c84e51f AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/cloudwatch-mcp
COPY requirements.txt ./
RUN pip --python /opt/cloudwatch-mcp install --no-cache-dir --only-binary :all: --require-hashes \
    --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY cloudwatch_mcp cloudwatch_mcp
RUN pip --python /opt/cloudwatch-mcp install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12.14-slim-trixie@sha256:f77ac9e44ae96ef2c90b8053ea08c31f8be030f824196b0ae4db6d462c84e51f
LABEL org.opencontainers.image.title="cloudwatch-mcp" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --create-home cloudwatch
COPY --from=build /opt/cloudwatch-mcp /opt/cloudwatch-mcp
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /home/cloudwatch
ENTRYPOINT ["/opt/cloudwatch-mcp/bin/cloudwatch-mcp"]

# Two stages: the wheels' world is built in one, only its result goes into the other.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/interplay
COPY requirements-runtime.lock ./
RUN /opt/interplay/bin/pip install --no-cache-dir --require-hashes -r requirements-runtime.lock
COPY LICENSE README.md pyproject.toml ./
COPY clients/python clients/python
COPY server server
RUN /opt/interplay/bin/pip install --no-cache-dir --no-deps --no-build-isolation ./clients/python . \
 && find /opt/interplay -name __pycache__ -type d -prune -exec rm -rf {} +

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/interplay interplay
COPY --from=build /opt/interplay /opt/interplay
USER interplay
ENV PATH=/opt/interplay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    INTERPLAY_LISTEN=0.0.0.0:50051 \
    INTERPLAY_DATA=/var/lib/interplay/data \
    INTERPLAY_AUTH_REQUIRED=true \
    INTERPLAY_AUTH_FIRST_KEY=true \
    INTERPLAY_LOG_FORMAT=json
VOLUME /var/lib/interplay/data
EXPOSE 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-m", "interplay_server.healthcheck", "127.0.0.1:50051"]
# The first start makes an API key and prints it, once.
ENTRYPOINT ["interplay", "serve"]

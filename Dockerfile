FROM node:24-bookworm-slim AS browser
WORKDIR /app
COPY package.json package-lock.json /app/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt
WORKDIR /app
COPY . /app
COPY --from=browser /app/node_modules /app/node_modules
# Settings must be whole to collect static files; these values exist for this one command only.
RUN set -e; for setting in $(/opt/venv/bin/python -m lianhu.embedded.secrets); do export "$setting"; done; \
    DATABASE_URL=postgresql://build@build/build REDIS_URL=redis://build:6379/0 ALLOWED_HOSTS=build \
    /opt/venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 lianhu \
    && useradd --uid 10001 --gid lianhu --no-create-home --shell /usr/sbin/nologin lianhu \
    && install --directory --owner lianhu --group lianhu --mode 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=lianhu.settings \
    LIANHU_DATA=/data
WORKDIR /app
VOLUME /data
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "lianhu.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--timeout", "120", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]

# Front-end packages
FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY script/lib/echarts.mjs script/lib/
RUN npm run bundle && rm -r node_modules/esbuild node_modules/@esbuild

# Python packages, each checked against its hash
FROM python:3.12-slim AS python-packages
RUN python -m venv /opt/venv
COPY requirements/base.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r base.txt

# The product
FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media
RUN groupadd --system --gid 10001 paodian \
    && useradd --system --uid 10001 --gid paodian --home-dir /app --shell /usr/sbin/nologin paodian
WORKDIR /app
COPY --from=python-packages /opt/venv /opt/venv
COPY --from=front-end /app/node_modules node_modules
COPY . .
# Static files belong to the image, not to a volume: a volume would keep those of the first version for ever.
RUN python -m common.i18n_extract --compile \
    && SECRET_KEY=only-while-building python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf var/* \
    && python -m compileall -q . \
    && install --directory --owner=paodian --group=paodian /app/var /srv/media
USER paodian
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8000/healthz', timeout=4)"]
CMD ["deploy/start", "web"]

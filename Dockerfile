# One image for every process of the shop (web, worker, beat, relay, setup), and nginx with its static files.
#   docker build --target app .      docker build --target nginx .

FROM python:3.14-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /
RUN /venv/bin/python -m pip install --require-hashes --only-binary=:all: -r /requirements.txt
WORKDIR /app
COPY manage.py ./
COPY config config
COPY locale locale
COPY core core
COPY accounts accounts
COPY catalog catalog
COPY orders orders
COPY sandbox sandbox
COPY todos todos
RUN SECRET_KEY=only-for-collectstatic DATABASE_URL=postgres://none STATIC_ROOT=/static \
    /venv/bin/python manage.py collectstatic --no-input \
    && /venv/bin/python -m compileall -q /app

FROM python:3.14-slim-trixie AS app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home shop \
    && install -d -o shop -g shop /keys /media /ledger /run/shop
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build /static /app/static
WORKDIR /app
USER 10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]

# The image's own start-up fills the template in from the environment, where a read-only container may write.
FROM nginxinc/nginx-unprivileged:1.29-alpine AS nginx
ENV NGINX_ENVSUBST_OUTPUT_DIR=/tmp NGINX_LISTEN=8000 NGINX_STATE=/tmp NGINX_TRUSTED_PROXY=0.0.0.0/32 \
    NGINX_ACCESS_LOG=/dev/stdout WEB_UPSTREAM=web:8000 STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/media
COPY --from=build /static /srv/static
COPY deploy/nginx/nginx.conf.template /etc/nginx/templates/nginx.conf.template
EXPOSE 8000
CMD ["nginx", "-c", "/tmp/nginx.conf", "-g", "daemon off;"]

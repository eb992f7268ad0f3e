"""Settings from the environment (contract, section 10). All faults are found before any is told."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from lianhu.embedded import EmbeddedError
from lianhu.embedded.paths import redis_socket
from lianhu.embedded.secrets import NAMES, stored_secrets

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Environment:
    embedded: bool
    data: Path
    database: dict[str, Any]
    redis_url: str
    allowed_hosts: list[str]
    secret_key: str
    encryption_keys: str
    hash_key: str
    audit_key: str
    site_url: str
    # Classes and their arguments, for settings.CHANNELS.
    channels: list[tuple[str, dict[str, Any]]] = field(repr=False)
    # For settings.STORAGES, and where a browser fetches photos from if not from here.
    photos: dict[str, Any] = field(repr=False)
    photo_origin: str
    photo_accel: str
    export_accel: str
    # Base map of the villages' map, and the origin it comes from; empty: a plain map (contract, section 7).
    map_tiles: str
    map_origin: str


def read(env: Mapping[str, str] = os.environ) -> Environment:
    """Raise ImproperlyConfigured naming everything that is missing or wrong."""
    embedded = not env.get("DATABASE_URL")
    data = Path(os.path.abspath(env.get("LIANHU_DATA") or ROOT / "var"))
    faults: list[str] = []
    given = {name: env.get(name, "") for name in NAMES}
    if embedded:
        try:
            given = {name: given[name] or made for name, made in stored_secrets(data).items()}
        except EmbeddedError as error:
            raise ImproperlyConfigured(str(error)) from error
    faults += _secret_faults(given)
    database = _embedded_database(data) if embedded else _database(env["DATABASE_URL"], faults)
    redis_url = env.get("REDIS_URL", "")
    if redis_url or not embedded:
        faults += _redis_faults(redis_url)
    hosts = [host.strip() for host in env.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if not embedded and (not hosts or "*" in hosts):
        faults.append("ALLOWED_HOSTS：须写明网站域名，多个以逗号分隔，不可用 *")
    channels = _channels(env, faults)
    photos, origin = _photos(env, data, faults)
    accels = {name: env.get(f"LIANHU_{name}_ACCEL", "") for name in ("PHOTO", "EXPORT")}
    for name, accel in accels.items():
        if accel and not re.fullmatch(r"/([\w-]+/)+", accel):
            faults.append(f"LIANHU_{name}_ACCEL：须为前端服务器的内部路径，以 / 开头和结尾")
    tiles, tiles_origin = _map_tiles(env, faults)
    site = env.get("SITE_URL", "")
    if site and not (_is_web_address(site) and urlsplit(site).path in {"", "/"}):
        faults.append("SITE_URL：须为 https://域名，不带路径")
    if faults:
        raise ImproperlyConfigured("配置有误，未启动：\n" + "\n".join(f"  {each}" for each in faults))
    return Environment(
        embedded=embedded,
        data=data,
        database=database,
        redis_url=redis_url or embedded_redis_url(data),
        allowed_hosts=hosts + (["localhost", "127.0.0.1", "[::1]"] if embedded else []),
        secret_key=given["SECRET_KEY"],
        encryption_keys=given["LIANHU_ENCRYPTION_KEYS"],
        hash_key=given["LIANHU_HASH_KEY"],
        audit_key=given["LIANHU_AUDIT_KEY"],
        site_url=(site or _site(env, hosts, embedded=embedded)).rstrip("/"),
        channels=channels,
        photos=photos,
        photo_origin=origin,
        photo_accel=accels["PHOTO"],
        export_accel=accels["EXPORT"],
        map_tiles=tiles,
        map_origin=tiles_origin,
    )


def embedded_redis_url(data: Path) -> str:
    return f"redis+socket://{quote(str(redis_socket(data)))}"


def _site(env: Mapping[str, str], hosts: list[str], *, embedded: bool) -> str:
    return f"http://127.0.0.1:{env.get('PORT') or 8000}" if embedded else f"https://{hosts[0].lstrip('.')}"


def _secret_faults(given: Mapping[str, str]) -> list[str]:
    faults = []
    if len(given["SECRET_KEY"]) < 50:
        faults.append("SECRET_KEY：未设置或过短（至少 50 个字符）")
    ring = given["LIANHU_ENCRYPTION_KEYS"]
    pairs = [part.strip().split(":", 1) for part in ring.split(",")]
    names = [pair[0] for pair in pairs]
    if not all(len(pair) == 2 and pair[0] and _is_key(pair[1]) for pair in pairs):
        faults.append(
            "LIANHU_ENCRYPTION_KEYS：须为 名称:密钥[,名称:密钥]，密钥为 32 字节的 base64，第一个为现用"
        )
    elif len(set(names)) != len(names):
        faults.append("LIANHU_ENCRYPTION_KEYS：密钥名称重复")
    for name in ("LIANHU_HASH_KEY", "LIANHU_AUDIT_KEY"):
        if not _is_key(given[name]):
            faults.append(f"{name}：须为 32 字节的 base64")
    return faults


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _redis_faults(url: str) -> list[str]:
    parts = urlsplit(url)
    whole = parts.hostname if parts.scheme in {"redis", "rediss"} else parts.path
    if parts.scheme in {"redis", "rediss", "redis+socket"} and whole:
        return []
    return ["REDIS_URL：须为 redis://主机:端口/库号"]


def _embedded_database(data: Path) -> dict[str, Any]:
    return {
        "ENGINE": "lianhu.embedded.backend",
        "NAME": "lianhu",
        "LIANHU_DATA": str(data),
    }


def _database(url: str, faults: list[str]) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not host or not name:
        faults.append("DATABASE_URL：须为 postgresql://用户:密码@主机:端口/库名")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def _channels(env: Mapping[str, str], faults: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """Ways to send the daily digest (accounts.channels); none has to be set."""
    found: list[tuple[str, dict[str, Any]]] = []
    if smtp := env.get("LIANHU_SMTP_URL"):
        found.append(("accounts.channels.email.EmailChannel", _smtp(smtp, faults)))
    if webhook := env.get("LIANHU_WEBHOOK_URL"):
        found.append(("accounts.channels.webhook.WebhookChannel", {"url": webhook}))
        if not _is_web_address(webhook):
            faults.append("LIANHU_WEBHOOK_URL：须为群机器人的 https 地址")
    if sms := env.get("LIANHU_SMS"):
        found.append(("registry.sms.ConsoleSms", {}))
        if sms != "console":
            faults.append("LIANHU_SMS：目前只可为 console")
    return found


def _photos(env: Mapping[str, str], data: Path, faults: list[str]) -> tuple[dict[str, Any], str]:
    """Under `data`, or in an S3-compatible store. A key is never sent, the photos are: encrypted only."""
    url = env.get("LIANHU_PHOTOS_S3", "")
    if not url:
        folder = str(data / "media" / "photos")
        return {"BACKEND": "lianhu.kit.stored_files.DurableFiles", "OPTIONS": {"location": folder}}, ""
    parts = urlsplit(url)
    given = {"style": "path", "region": "us-east-1"} | dict(parse_qsl(parts.query))
    bucket = parts.path.strip("/")
    whole = _is_web_address(url) and parts.scheme == "https" and parts.username and parts.password
    if not whole or not re.fullmatch(r"[\w.-]+", bucket) or given["style"] not in {"path", "virtual"}:
        faults.append(
            "LIANHU_PHOTOS_S3：须为 https://密钥编号:密钥@主机/存储桶[?region=…&style=path|virtual]"
        )
        return {}, ""
    place = parts.netloc.rpartition("@")[2]
    options = {
        "endpoint_url": f"https://{place}",
        "bucket_name": bucket,
        "access_key": unquote(parts.username or ""),
        "secret_key": unquote(parts.password or ""),
        "region_name": given["region"],
        "addressing_style": given["style"],
    }
    origin = f"https://{bucket}.{place}" if given["style"] == "virtual" else f"https://{place}"
    return {"BACKEND": "lianhu.kit.s3_files.PrivateS3", "OPTIONS": options}, origin


def _map_tiles(env: Mapping[str, str], faults: list[str]) -> tuple[str, str]:
    """Square tiles of 256 pixels in web Mercator, as every tile server gives them; a path is this site's own."""
    tiles = env.get("LIANHU_MAP_TILES", "")
    if not tiles:
        return "", ""
    own = tiles.startswith("/") and not tiles.startswith("//")
    # The host of a CSP source: nothing of the address may end the header's word.
    whole = own or (_is_web_address(tiles) and re.fullmatch(r"[\w.:\[\]-]+", urlsplit(tiles).netloc))
    if not whole or not all(f"{{{each}}}" in tiles for each in "zxy"):
        faults.append("LIANHU_MAP_TILES：须为带 {z}、{x}、{y} 的瓦片地址，如 https://主机/{z}/{x}/{y}.png")
        return "", ""
    parts = urlsplit(tiles)
    return tiles, "" if own else f"{parts.scheme}://{parts.netloc}"


def _smtp(url: str, faults: list[str]) -> dict[str, Any]:
    """A password travels encrypted only: smtps from the start, smtp by STARTTLS."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    user = unquote(parts.username or "")
    sender = dict(parse_qsl(parts.query)).get("from", user)
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender)
    ):
        faults.append("LIANHU_SMTP_URL：须为 smtp[s]://用户:密码@主机:端口?from=发件邮箱")
    encrypted = parts.scheme == "smtps"
    return {
        "host": parts.hostname or "",
        "port": port or (465 if encrypted else 587 if user else 25),
        "username": user,
        "password": unquote(parts.password or ""),
        "sender": sender,
        "ssl": encrypted,
        "starttls": bool(user) and not encrypted,
    }


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False

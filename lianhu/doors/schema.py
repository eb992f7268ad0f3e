"""OpenAPI 3.1 of `/api/`, made from the forms: what a phone may send is what the rules read (contract, section 10)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from lianhu.doors.sync import ACCEPTED, DUPLICATE, REJECTED, WAITING
from lianhu.doors.sync_kinds import KINDS
from lianhu.doors.sync_views import MOST_ITEMS
from lianhu.kit import fields

_UUID = {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Of the interface alone: it needs no account and holds no data."""
    answer = JsonResponse(document(), json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def document() -> dict[str, Any]:
    payloads = {f"{name.capitalize()}Payload": _payload(kind.form) for name, kind in KINDS.items()}
    items = {f"{name.capitalize()}Item": _item(name, f"{name.capitalize()}Payload") for name in KINDS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "联户联情",
            "version": "1",
            "description": "手机和其他程序上传下乡、走访、活动和诉求。同一个编号传两次只算一次。",
        },
        "security": [{"token": []}, {"session": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "在“我的账号”里建立的访问令牌"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sessionid",
                    "description": "网页登录；另带请求头 X-CSRFToken",
                },
            },
            "schemas": payloads | items | _answers(),
        },
    }


def _paths() -> dict[str, Any]:
    problem = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    told = {
        "400": "读不出来，什么也没有收下",
        "401": "没有登录，或令牌不对",
        "403": "缺少 X-CSRFToken",
        "409": "是别人写的，什么也没有收下",
        "413": f"太大：一批最多 {MOST_ITEMS} 条、2 MB",
        "503": "暂时不可用，请稍后再传",
    }
    item = {"oneOf": [{"$ref": f"#/components/schemas/{name.capitalize()}Item"} for name in KINDS]}
    listed = {"type": "array", "maxItems": MOST_ITEMS, "items": item}
    batch = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "author": {"type": "string", "description": "写的人的工号；与登录的人不同时整批不收"},
            "phone": {
                "type": "object",
                "description": "手机的队列：编号、待上传和被退回的条数、最早一条的时间；有它就必须有 author",
                "properties": {
                    "id": _UUID,
                    "waiting": {"type": "integer"},
                    "refused": {"type": "integer"},
                    "oldest": {"oneOf": [_MOMENT, {"type": "null"}]},
                },
            },
            "items": listed,
        },
    }
    post = {
        "operationId": "sync",
        "summary": "上传一批条目，每条各有答复",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": [batch, listed]}}},
        },
        "responses": {
            "200": {
                "description": "每条的答复，顺序与上传相同",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
            }
        }
        | {status: {"description": words, **problem} for status, words in told.items()},
    }
    return {
        "/api/sync/": {"post": post},
        "/api/field/": {"get": _field()},
        "/api/photos/{id}/": _photos(problem),
    }


def _field() -> dict[str, Any]:
    """Made for these pages: what it holds may grow from release to release."""
    return {
        "operationId": "field",
        "summary": "本人（和代管）的户、诉求、下乡、任务，以及表单的选项和限制",
        "responses": {
            "200": {
                "description": "给手机页面用，内容会随版本增加",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }


def _photos(problem: dict[str, Any]) -> dict[str, Any]:
    identity = {"name": "id", "in": "path", "required": True, "schema": _UUID}
    asked = [
        {"name": name, "in": "query", "required": True, "schema": schema, "description": words}
        for name, schema, words in (
            ("visit", _UUID, "走访条目的编号"),
            ("offset", {"type": "integer", "minimum": 0}, "从第几个字节起"),
            ("total", {"type": "integer", "minimum": 1}, "整张照片的字节数"),
        )
    ]
    standing = {
        "type": "object",
        "required": ["received", "done"],
        "properties": {"received": {"type": "integer"}, "done": {"type": "boolean"}},
    }
    told = {"200": {"description": "收到多少", "content": {"application/json": {"schema": standing}}}}
    refused = {
        "404": "走访还没有到",
        "409": "从 received 接着传，或走访是别人写的",
        "413": "超过 10 MB",
        "422": "不是照片",
        "507": "服务器存储已满",
    }
    put = {
        "operationId": "photo",
        "summary": "上传一张照片，可以分段，断了接着传",
        "parameters": [identity, *asked],
        "requestBody": {"required": True, "content": {"application/octet-stream": {}}},
        "responses": told | {status: {"description": words, **problem} for status, words in refused.items()},
    }
    get = {
        "operationId": "photoStanding",
        "summary": "已经收到多少",
        "parameters": [identity],
        "responses": told,
    }
    return {"put": put, "get": get}


def _item(kind: str, payload: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "kind", "captured_at", "payload"],
        "properties": {
            "id": _UUID | {"description": "在手机上生成，再传时不变"},
            "kind": {"const": kind},
            "captured_at": _MOMENT | {"description": "写下的时间；晚于到达时按到达时间"},
            "form": {"type": "integer", "description": "表单版本，可不填"},
            "payload": {"$ref": f"#/components/schemas/{payload}"},
        },
    }


def _answers() -> dict[str, Any]:
    errors = {
        "type": "object",
        "description": "字段名到原因；整条的原因在 __all__",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    }
    result = {
        "type": "object",
        "required": ["id", "status", "errors"],
        "properties": {
            "id": {"type": "string"},
            "status": {"enum": [ACCEPTED, DUPLICATE, REJECTED, WAITING]},
            "errors": errors,
            "number": {"type": "string", "description": "诉求编号"},
            "url": {"type": "string", "description": "这一条的网页"},
        },
    }
    return {
        "Result": result,
        "Answer": {
            "type": "object",
            "required": ["epoch", "server_time", "results"],
            "properties": {
                "epoch": _UUID | {"description": "变了表示从备份恢复过：14 天内传过的请再传一次"},
                "server_time": _MOMENT,
                "results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}},
            },
        },
        "Problem": {
            "type": "object",
            "required": ["code", "detail"],
            "properties": {"code": {"type": "string"}, "detail": {"type": "string"}},
        },
    }


def _payload(form: type[forms.Form]) -> dict[str, Any]:
    properties = {name: describe(field) for name, field in form.base_fields.items()}
    required = [name for name, field in form.base_fields.items() if field.required]
    return {"type": "object", "required": required, "properties": properties}


def describe(field: forms.Field) -> dict[str, Any]:
    """One field as JSON Schema."""
    told: dict[str, Any] = {"title": str(field.label)}
    if field.help_text:
        told["description"] = str(field.help_text)
    match field:
        case fields.ChoicesField():
            told |= {"type": "array", "items": {"enum": [value for value, _ in field.choices]}}
        case fields.CodeListField():
            told |= {"type": "array", "items": {"type": "string"}}
        case fields.ChoiceField():
            told |= {"enum": [value for value, _ in field.choices]}
        case fields.FlagField():
            told |= {"type": "boolean"}
        case fields.DateField():
            told |= {"type": "string", "format": "date"}
        case fields.IdentityField():
            told |= _UUID
        case fields.WholeNumberField():
            told |= {"type": "integer", "minimum": field.smallest, "maximum": field.largest}
        case fields.CoordinateField():
            told |= {"type": "number", "minimum": -field.limit, "maximum": field.limit}
        case fields.TextField() | fields.CodeField():
            told |= {"type": "string", "maxLength": field.max_length}
        case _:
            told |= {"type": "string"}
    return told

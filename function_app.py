"""The triggers. Each body is a single line: what is done is in `sync`.

Names, addresses and methods are written out, because the host reads them here; a test holds them to
the table in `sync/web/routes.py`, which says besides who may ask.
"""

from __future__ import annotations

import azure.functions as func

from sync.web import handlers
from sync.web.exchange import Response

# Each function has a key of its own, and none wants the master key, which can change the app:
# docs/reference/functions.md#keys, docs/reference/functions.md#key-scopes
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

QUEUES = "AzureWebJobsStorage"


@app.timer_trigger(
    # docs/reference/functions.md#utc, docs/reference/functions.md#use-monitor,
    # docs/reference/functions.md#missed-tick
    schedule="%TICK_SCHEDULE%",
    arg_name="timer",
    run_on_startup=False,
    use_monitor=True,
)
def tick(timer: func.TimerRequest, context: func.Context) -> None:
    handlers.on_timer(context.invocation_id)


@app.queue_trigger(arg_name="message", queue_name="sync-pull", connection=QUEUES)
def pull(message: func.QueueMessage, context: func.Context) -> None:
    handlers.on_pull(message.get_body(), context.invocation_id)


@app.queue_trigger(arg_name="message", queue_name="sync-send", connection=QUEUES)
def send(message: func.QueueMessage, context: func.Context) -> None:
    handlers.on_send(message.get_body(), context.invocation_id)


@app.queue_trigger(arg_name="message", queue_name="sync-read-back", connection=QUEUES)
def read_back(message: func.QueueMessage, context: func.Context) -> None:
    handlers.on_read_back(message.get_body(), context.invocation_id)


@app.route(route="api/sync", methods=["POST"])
def resync(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("resync", req))


@app.route(route="api/status", methods=["GET"])
def status(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("status", req))


@app.route(route="api/trust", methods=["GET"])
def trust(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("trust", req))


@app.route(route="api/subjects", methods=["GET"])
def subjects(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("subjects", req))


@app.route(route="api/findings", methods=["GET"])
def findings(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("findings", req))


@app.route(route="api/landed", methods=["GET"])
def landed(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("landed", req))


@app.route(route="api/landed/rows", methods=["GET"])
def landed_rows(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("landed_rows", req))


@app.route(route="api/check", methods=["GET"])
def check(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("check", req))


@app.route(route="api/deliveries/{id}/plan", methods=["GET"])
def plan(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("plan", req))


@app.route(route="api/explain", methods=["POST"])
def explain(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("explain", req))


@app.route(route="api/deliveries/{id}/approve", methods=["POST"])
def approve(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("approve", req))


@app.route(route="api/deliveries/{id}/reject", methods=["POST"])
def reject(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("reject", req))


@app.route(route="api/deliveries/{id}/restore", methods=["POST"])
def restore(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("restore", req))


@app.route(route="api/identity/swap", methods=["POST"])
def identity_swap(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("identity_swap", req))


@app.route(route="api/identity/new", methods=["POST"])
def identity_new(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("identity_new", req))


@app.route(route="api/identity/move", methods=["POST"])
def identity_move(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("identity_move", req))


@app.route(route="api/resume", methods=["POST"])
def resume(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_request("resume", req))


# The platform signs in who opens the page, so it wants no key, which a browser would keep in an
# address. The first is `/` itself: docs/reference/functions.md#front-page.
@app.route(route="{front:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def front(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_page(req))


@app.route(route="page/{*screen}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def page(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.on_page(req))


def reply(response: Response) -> func.HttpResponse:
    return func.HttpResponse(
        response.body,
        status_code=response.status,
        headers=response.headers,
        mimetype=response.content_type,
    )

"""The triggers. Each body is one line: what is done is in `sync`."""

from __future__ import annotations

import azure.functions as func

from sync.web import handlers
from sync.web.responses import HEADERS, Answer

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

QUEUES = "AzureWebJobsStorage"


@app.timer_trigger(
    schedule="%TICK_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True
)
def tick(timer: func.TimerRequest, context: func.Context) -> None:
    handlers.tick(context.invocation_id)


@app.queue_trigger(arg_name="message", queue_name="sync-pull", connection=QUEUES)
def pull(message: func.QueueMessage, context: func.Context) -> None:
    handlers.pull(message.get_body(), context.invocation_id)


@app.queue_trigger(arg_name="message", queue_name="sync-send", connection=QUEUES)
def send(message: func.QueueMessage, context: func.Context) -> None:
    handlers.send(message.get_body(), context.invocation_id)


@app.route(route="sync", methods=["POST"])
def resync(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.resync(req.headers, req.params.get("profile")))


@app.route(route="status", methods=["GET"])
def status(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.status(req.headers))


@app.route(route="subjects", methods=["GET"])
def subjects(req: func.HttpRequest) -> func.HttpResponse:
    return reply(
        handlers.subjects(req.headers, req.params.get("school"), req.headers.get("Accept", ""))
    )


# Names people, so it wants the host's admin key.
@app.route(route="findings", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def findings(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.findings(req.headers, req.params.get("profile")))


# Reads all of iSAMS and signs in everywhere: not for everybody's key.
@app.route(route="check", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def check(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.check(req.headers))


@app.route(route="deliveries/{id}/approve", methods=["POST"])
def approve(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.decide(req.headers, req.route_params["id"], approve=True))


@app.route(route="deliveries/{id}/reject", methods=["POST"])
def reject(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.decide(req.headers, req.route_params["id"], approve=False))


@app.route(route="deliveries/{id}/restore", methods=["POST"])
def restore(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.restore(req.headers, req.route_params["id"]))


@app.route(route="resume", methods=["POST"])
def resume(req: func.HttpRequest) -> func.HttpResponse:
    return reply(handlers.resume(req.headers, req.params.get("connector")))


def reply(answer: Answer) -> func.HttpResponse:
    return func.HttpResponse(
        answer.body, status_code=answer.status, headers=HEADERS, mimetype=answer.content_type
    )

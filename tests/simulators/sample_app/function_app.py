"""A small app that shows each thing the host does; only the host's tests run it."""

from __future__ import annotations

import json
import logging
import os
import threading

import azure.functions as func
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
log = logging.getLogger("sample")

release = threading.Event()  # lets `slow` return
pair = threading.Barrier(2)  # two calls that run at once pass it, one alone never does
PATIENCE_S = 1.0

STORAGE = "AzureWebJobsStorage"


@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    with QueueClient.from_connection_string(
        os.environ[STORAGE],
        os.environ["WORK_QUEUE"],
        message_encode_policy=TextBase64EncodePolicy(),
    ) as queue:
        queue.send_message(json.dumps({"late": timer.past_due}))


@app.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:05:00")
def flaky(timer: func.TimerRequest, context: func.Context) -> None:
    retries = context.retry_context.retry_count
    if retries < int(os.environ["FLAKY_FAILS"]):
        raise RuntimeError(f"attempt {retries + 1}")


@app.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
def careless(timer: func.TimerRequest) -> str:
    return "a value that no binding takes"


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection=STORAGE)
@app.retry(strategy="fixed_delay", max_retry_count="5", delay_interval="00:00:00")
def work(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    log.info("work %s, time %s", text, message.dequeue_count)
    if text == "pair":
        pair.wait(PATIENCE_S)
    if text == "fail" or (text == "fail once" and message.dequeue_count == 1):
        raise ValueError("this message cannot be worked on")


@app.route("schools/{school}/{part?}", methods=["POST"])
def school(req: func.HttpRequest) -> func.HttpResponse:
    answer = {
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": len(req.get_body()),
    }
    return func.HttpResponse(json.dumps(answer), status_code=202, mimetype="application/json")


@app.route("schools/all", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
def all_schools(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("all")


@app.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    if "fail" in req.params:
        raise RuntimeError("not healthy")
    return func.HttpResponse(status_code=204, headers={"X-Checked": "yes"})


@app.route("slow", auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> func.HttpResponse:
    release.wait(30)
    return func.HttpResponse("done")


@app.route("meet", auth_level=func.AuthLevel.ANONYMOUS)
def meet(req: func.HttpRequest) -> func.HttpResponse:
    pair.wait(30)
    return func.HttpResponse("met")


@app.route("block", auth_level=func.AuthLevel.ANONYMOUS)
async def block(req: func.HttpRequest) -> func.HttpResponse:
    pair.wait(PATIENCE_S)
    return func.HttpResponse("met")

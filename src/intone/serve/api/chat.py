"""The OpenAI-compatible routes: existing clients need another base URL and a model's name.

The model is `intone/NAME@LABEL`. The prompt's variables come as the extra body field `inputs`; for
a prompt with one variable the last user message will do. The prompt, its model and its sampling
are those that were tuned, so a client's own are not used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from intone.runs.serving import Question, Serving
from intone.serve.api.serving import Counting, Project
from intone.serve.forms import MOST_NUMBER, User
from intone.serve.problems import Problem

router = APIRouter(tags=["OpenAI-compatible"])

_PREFIX = "intone/"
_FINISH = {"truncated": "length", "refused": "content_filter"}


class ChatMessage(BaseModel):
    """One message of a client."""

    model_config = ConfigDict(extra="allow")
    role: str
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """How a client wants its stream."""

    model_config = ConfigDict(extra="allow")
    include_usage: bool = False


class ChatBody(BaseModel):
    """A chat completion's request. What a client sets beyond this is not used."""

    model_config = ConfigDict(extra="allow")
    model: str = Field(max_length=500, description="intone/NAME@LABEL")
    messages: list[ChatMessage] = Field(default_factory=list)
    inputs: dict[str, Any] | None = Field(None, description="The prompt's variables.")
    user: User | None = None
    n: Literal[1] | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    seed: Annotated[int, Field(ge=0, le=MOST_NUMBER)] | None = Field(
        None, description="Another number is another draw of the same question."
    )


@router.post("/chat/completions")
async def complete_chat(body: ChatBody, project: Project, counts: Counting) -> Response:
    """Answer as OpenAI's chat completions do, with a prompt of the registry.

    With `stream` the answer comes as server-sent events. It is kept before it is sent, so it
    comes as one chunk.
    """
    name, label = _prompt(body.model)
    inputs = body.inputs if body.inputs is not None else _from_messages(body, project)
    trace = await project.answer(Question(name, label, inputs, body.user, body.seed or 0))
    counts.answer(trace.ref, trace.status, trace.prompt_tokens, trace.completion_tokens)
    if trace.status == "failed":
        raise Problem(502, f"the model did not answer: {trace.reason}", trace=trace.id)
    if trace.status == "truncated" and not trace.output:
        raise Problem(400, trace.reason, code="context_length_exceeded", trace=trace.id)
    usage = {
        "prompt_tokens": trace.prompt_tokens,
        "completion_tokens": trace.completion_tokens,
        "total_tokens": trace.prompt_tokens + trace.completion_tokens,
    }
    about = {"trace": trace.id, "version": trace.ref, "status": trace.status}
    head = {"id": f"chatcmpl-{trace.id}", "created": int(trace.at), "model": body.model}
    finish = _FINISH.get(trace.status, "stop")
    sent = {"x-intone-trace": trace.id}
    if body.stream:
        wanted = body.stream_options is not None and body.stream_options.include_usage
        head |= {"object": "chat.completion.chunk", "intone": about}
        events = _events(head, trace.output, finish, usage if wanted else None)
        return StreamingResponse(events, media_type="text/event-stream", headers=sent)
    message = {"role": "assistant", "content": trace.output}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    form = head | {"object": "chat.completion", "choices": [choice]}
    return JSONResponse(form | {"usage": usage, "intone": about}, headers=sent)


@router.get("/models")
def list_models(project: Project) -> dict[str, Any]:
    """List the prompts as models: one for each label, and one for the latest version."""
    now = int(time.time())
    names = [
        f"{_PREFIX}{prompt['name']}@{label}"
        for prompt in project.prompts()
        for label in (*sorted(prompt["labels"]), "latest")
    ]
    models = [{"id": it, "object": "model", "created": now, "owned_by": "intone"} for it in names]
    return {"object": "list", "data": models}


def _prompt(model: str) -> tuple[str, str]:
    name, _, label = model.removeprefix(_PREFIX).partition("@")
    if not model.startswith(_PREFIX) or not name:
        raise Problem(
            404, f"there is no model {model!r}; write intone/NAME@LABEL", code="model_not_found"
        )
    return name, label or "latest"


def _from_messages(body: ChatBody, project: Serving) -> dict[str, Any]:
    """Take the last user message for the only variable. Raises Problem where there are several."""
    name, label = _prompt(body.model)
    wanted = project.variables(name, label)
    if not wanted:
        return {}
    asked = [message for message in body.messages if message.role == "user"]
    if len(wanted) > 1 or not asked:
        raise Problem(422, f"send the prompt's variables as inputs; it needs: {', '.join(wanted)}")
    return {wanted[0]: _text(asked[-1])}


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = message.content or []
    return "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")


def _events(
    head: dict[str, Any], text: str, finish: str, usage: dict[str, int] | None
) -> Iterator[str]:
    def event(delta: dict[str, str], end: str | None = None) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": end}]
        return f"data: {json.dumps(head | {'choices': choices})}\n\n"

    yield event({"role": "assistant", "content": text})
    yield event({}, finish)
    if usage is not None:
        yield f"data: {json.dumps(head | {'choices': [], 'usage': usage})}\n\n"
    yield "data: [DONE]\n\n"

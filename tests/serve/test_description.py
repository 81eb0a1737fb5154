"""What the OpenAPI description allows is answered without a defect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from tests.serve.projects import Served, served, write_prompts


def test_the_described_api_has_no_defect(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with served(tmp_path) as api:
        trace = api.run()["trace"]
        schema = schemathesis.openapi.from_dict(api.client.get("/api/v1/openapi.json").json())
        operations = [
            result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)
        ]
        assert len(operations) > 15
        for operation in operations:
            _try(api, operation, trace)


def _try(api: Served, operation: Any, trace: str) -> None:
    known = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["triage", "triage", "pair"]),
            "label": st.sampled_from(["live", "latest", "1"]),
            "number": st.sampled_from(["1", "2"]),
            "trace": st.just(trace),
        }
    )

    @given(
        case=operation.as_strategy(), there=known, really=st.sampled_from([True, True, True, False])
    )
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any, there: dict[str, str], really: bool) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8765")
        path = case.formatted_path
        more = {name: sent[name] for name in ("json", "params") if sent.get(name) is not None}
        if really:  # what is there leads further than what is not
            path = operation.path
            for name, value in there.items():
                path = path.replace("{" + name + "}", value)
            if isinstance(more.get("json"), dict):
                more["json"] = _really(more["json"], there)
        response = api.client.request(case.method, path, **more)
        assert response.status_code < 500, (case.method, path, more, response.text)
        described = operation.definition.raw["responses"]
        assert str(response.status_code) in described, (path, response.status_code)

    run()


def _really(body: dict[str, Any], there: dict[str, str]) -> dict[str, Any]:
    """Return a body that names what is there."""
    model = f"intone/{there['name']}@{there['label']}"
    known = {**there, "version": "2", "model": model}
    named = {name: known.get(name, value) for name, value in body.items()}
    if isinstance(body.get("inputs"), dict):
        named["inputs"] = {"body": "x", "first": 1, "second": [2]} | body["inputs"]
    return named

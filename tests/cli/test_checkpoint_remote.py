"""Checkpoints in an object store: a local server that speaks S3."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from migrate_norm.cli.migrate_checkpoint import main

from ..checkpoint.disk import as_bytes, save

moto = pytest.importorskip("moto.server")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The spec of an empty bucket."""
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="bucket")
    yield {"driver": "s3", "bucket": "bucket", "endpoint": endpoint, "aws_region": "us-east-1"}
    server.stop()


@pytest.mark.filterwarnings("ignore")  # of boto3 and the server
def test_to_a_bucket_and_back(
    bucket: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    src = save(tmp_path / "src", {"params": {"w": np.random.default_rng(0).normal(size=(300, 300))}})
    place = json.dumps(bucket | {"path": "run/nnx"})
    assert main([str(src), place]) == 0
    assert main([str(src), place]) == 2
    assert "exists and is never overwritten" in capsys.readouterr().err
    assert main([place, str(tmp_path / "back"), "--reverse"]) == 0
    assert as_bytes(tmp_path / "back") == as_bytes(src)
    assert main([json.dumps(bucket | {"path": "nothing"}), str(tmp_path / "none")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "src"]

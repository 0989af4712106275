import socket

from localstack.ports import HOST, remembered_ports


def test_remembered_ports__second_time__are_the_same(tmp_path):
    first = remembered_ports(tmp_path / "ports.json", ["web", "inbox"])

    assert remembered_ports(tmp_path / "ports.json", ["web", "inbox"]) == first
    assert len(set(first.values())) == 2


def test_remembered_ports__one_was_taken_meanwhile__only_that_one_changes(tmp_path):
    first = remembered_ports(tmp_path / "ports.json", ["web", "inbox"])

    with socket.create_server((HOST, first["web"])):
        second = remembered_ports(tmp_path / "ports.json", ["web", "inbox"])

    assert second["web"] != first["web"]
    assert second["inbox"] == first["inbox"]

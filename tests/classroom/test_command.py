"""The teacher's command: what it makes, what it says, what it answers where it cannot."""


def test_a_class_is_open(class_server):
    assert class_server.pid("hub") and class_server.pid("proxy")

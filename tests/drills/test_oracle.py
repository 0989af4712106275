from drills.oracle.ledgers import LEDGERS
from orders.ledger.questions import LEDGER_QUESTIONS


def test_ledgers__each_question_of_the_nightly_check__is_asked_once():
    asked = [statement for questions in LEDGERS.values() for statement in questions.values()]

    assert {question.what: asked.count(question.statement) for question in LEDGER_QUESTIONS} == dict.fromkeys(
        (question.what for question in LEDGER_QUESTIONS), 1
    )

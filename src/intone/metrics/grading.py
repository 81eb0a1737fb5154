from intone.metrics.grade import Grade
from intone.llm.answers import Labels, Number, FreeText


class G:
    needs_target = True

    def __init__(self, name, labels):
        self.name = name
        self.expects = (
            Labels(tuple(labels))
            if name == "label"
            else Number()
            if name == "number"
            else FreeText()
        )

    async def grade(self, answer, row):
        p = self.expects.parse(answer.text)
        if p is None:
            return Grade(0.0, "cannot be read")
        ok = p == row.target or (self.name == "number" and float(p) == float(row.target))
        return Grade(float(ok), "right" if ok else f"{p} instead of {row.target}", p)


def grader_for(name, labels=(), options=None, folder=None):
    return G(name, labels)

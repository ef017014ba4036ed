"""Single small faults in Python source: one operator, number, condition or statement is another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_COMPUTED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_NAMED = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
    "sin": "cos",
    "cos": "sin",
}


@dataclass(frozen=True)
class Mutant:
    """A source with one fault. line: where. before, after: the code there."""

    line: int
    before: str
    after: str
    text: str


def mutants(text: str) -> list[Mutant]:
    """Every mutant of a module's source, in the order of its lines."""
    found = []
    for node in _code(ast.parse(text)):
        before = ast.get_source_segment(text, node) or ""
        for after in _faults(node):
            if after != before:
                found.append(Mutant(node.lineno, before, after, _replaced(text, node, after)))
    return sorted(found, key=lambda one: one.line)


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that are computed: no annotations, no decorators, no docstrings or messages."""
    for field, value in ast.iter_fields(tree):
        if field in {"annotation", "returns", "decorator_list"} or isinstance(tree, ast.Raise):
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.expr | ast.stmt):
                yield node
            if isinstance(node, ast.AST) and not isinstance(node, ast.JoinedStr):
                yield from _code(node)


def _faults(node: ast.AST) -> Iterator[str]:
    """What may stand in the place of a node."""
    yield from _other_operators(node)
    yield from _other_values(node)
    yield from _other_statements(node)


def _other_operators(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Compare(ops=[one]) if type(one) in _COMPARED:
            yield _written(ast.Compare(node.left, [_COMPARED[type(one)]()], node.comparators))
        case ast.BinOp(op=one) if type(one) in _COMPUTED:
            yield _written(ast.BinOp(node.left, _COMPUTED[type(one)](), node.right))
        case ast.BoolOp(op=one):
            other = ast.Or() if isinstance(one, ast.And) else ast.And()
            yield _written(ast.BoolOp(other, node.values))
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield f"({ast.unparse(node.operand)})"


def _other_values(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=bool()):
            yield str(not node.value)
        case ast.Constant(value=int()):
            yield str(node.value + 1)
        case ast.Constant(value=float()):
            yield str(node.value * 2 + (not node.value))
        case ast.Call(func=ast.Attribute(attr=name)) if name in _NAMED:
            called = ast.Attribute(node.func.value, _NAMED[name])
            yield ast.unparse(ast.Call(called, node.args, node.keywords))
        case ast.Call(func=ast.Name(id=name)) if name in _NAMED:
            yield ast.unparse(ast.Call(ast.Name(_NAMED[name]), node.args, node.keywords))


def _other_statements(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.IfExp():
            yield _written(ast.IfExp(node.test, node.orelse, node.body))
        case ast.If():
            yield ast.unparse(ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))
        case ast.Return(value=ast.expr()):
            yield "return None"
        case ast.AugAssign():
            yield "pass"
        case ast.Expr(value=ast.Call()):
            yield "pass"


def _written(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _replaced(text: str, node: ast.AST, new: str) -> str:
    """Text with the code of a node replaced; further lines of `new` are indented as the first."""
    lines = text.encode().split(b"\n")
    before = lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :]
    indented = new.replace("\n", "\n" + " " * (len(before) - len(before.lstrip())))
    rest = [
        *lines[: node.lineno - 1],
        before + indented.encode() + after,
        *lines[node.end_lineno :],
    ]
    return b"\n".join(rest).decode()

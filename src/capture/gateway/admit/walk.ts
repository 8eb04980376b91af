import { isStatementRefusal, type StatementRefusal, statementRefusal } from "../plan.ts";
import { nodeKinds, queryKinds } from "./lists/nodes.ts";
import { refused } from "./refusals.ts";
import { type Fields, isFields, listOf, named } from "./tree.ts";

/** Looks at a node before what is in it; gives back its fields, changed or not, or refuses the statement. */
export type Visitor = (fields: Fields) => Fields | StatementRefusal;

/**
 * Nodes within nodes. The deepest statement among those that drivers send here has under 60; the server itself gives up near
 * 7,000 with its usual 2 MB of stack (max_stack_depth), and the rewriter needs several frames for each.
 */
export const treeDepthMax = 1_000;

/** Objects and lists within one another: a node is at most three of them, its kind, its fields and a list. */
export const jsonDepthMax = 3_000;

/** One walk over a statement: everything in it is known, or the statement is refused. The tree that came is left as it is. */
export class Walk {
  readonly #visitors: ReadonlyMap<string, Visitor>;
  #refused: StatementRefusal | null = null;

  constructor(visitors: ReadonlyMap<string, Visitor>) {
    this.#visitors = visitors;
  }

  whole(kind: string, fields: Fields): Fields | StatementRefusal {
    const walked = this.#node(kind, fields, 0);
    return this.#refused ?? walked;
  }

  #node(kind: string, fields: Fields, depth: number): Fields {
    if (this.#refused !== null) return fields;
    if (depth > treeDepthMax) return this.#refuse(tooDeep(), fields);
    const known = nodeKinds.get(kind);
    if (known === undefined) return this.#refuse(unknownNode(), fields);
    const visited = this.#visitors.get(kind)?.(fields) ?? fields;
    if (isStatementRefusal(visited)) return this.#refuse(visited, fields);
    const copy: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(visited)) {
      const holds = known.get(name);
      if (holds === undefined) return this.#refuse(unknownNode(), fields);
      if (holds === "aliases") copy[name] = this.#aliases(value);
      else if (holds === null) copy[name] = this.#plain(value);
      else if (holds === "*") copy[name] = this.#held(value, depth + 1);
      else if (isFields(value)) copy[name] = this.#node(holds, value, depth + 1);
      else return this.#refuse(unknownNode(), fields);
    }
    return copy;
  }

  #held(value: unknown, depth: number): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => this.#held(item, depth));
    // An empty place in a list: the column definitions that a function in FROM doesn't have.
    if (isFields(value) && Object.keys(value).length === 0) return value;
    const node = named(value);
    if (node === null || (node.kind.endsWith("Stmt") && !queryKinds.has(node.kind)))
      return this.#refuse(unknownNode(), value);
    return { [node.kind]: this.#node(node.kind, node.fields, depth) };
  }

  /** FOR UPDATE OF: names of what stands in FROM, so that no relation is looked up for them. */
  #aliases(value: unknown): unknown {
    const known = listOf(value).every((item) => {
      const node = named(item);
      return (
        node?.kind === "RangeVar" && Object.values(node.fields).every((held) => typeof held !== "object")
      );
    });
    return known ? value : this.#refuse(unknownNode(), value);
  }

  /** A number, a text, a word, yes or no. */
  #plain(value: unknown): unknown {
    return typeof value === "object" ? this.#refuse(unknownNode(), value) : value;
  }

  #refuse<Value>(refusal: StatementRefusal, value: Value): Value {
    this.#refused ??= refusal;
    return value;
  }
}

function unknownNode(): StatementRefusal {
  return refused(
    "unknown_node",
    "the statement holds syntax that isn't on the gateway's list.",
    "Write it with syntax of PostgreSQL 18 or earlier; if it is, report the statement's form to whoever runs whosaw.",
  );
}

export function tooDeep(): StatementRefusal {
  return statementRefusal({
    code: "54001",
    rule: "too_deep",
    message: "whosaw: the statement is nested too deeply.",
    hint: `Split it: at most ${treeDepthMax} expressions may stand within one another.`,
  });
}

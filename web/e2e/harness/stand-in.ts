/** The stand-in for the public services (crates/e2e): answers from recordings, waits and fails as told. */
import { tmpdir } from 'node:os';

import { Program } from './program';

/** What is asked by default. */
export const SOURCES = ['arxiv', 'pubmed', 'europepmc', 'openalex', 'crossref', 'wikipedia'] as const;
type Source = (typeof SOURCES)[number];

export class StandIn {
  readonly #program: Program;
  /** What leads a server's sources here. */
  readonly variables: Record<string, string>;

  private constructor(program: Program, variables: Record<string, string>) {
    this.#program = program;
    this.variables = variables;
  }

  static async start(): Promise<StandIn> {
    const program = new Program(process.env.PAKE_STAND_IN ?? '../target/debug/stand-in', [], tmpdir(), {}, 'stdout');
    const first = await program.until('the stand-in says where it is', (line) => line);
    return new StandIn(program, JSON.parse(first) as Record<string, string>);
  }

  /** From now on a source does not answer, until it is released. */
  hold(source: Source): Promise<string> {
    return this.#order(`hold ${source}`);
  }

  release(source: Source): Promise<string> {
    return this.#order(`release ${source}`);
  }

  /** From now on a source answers with this status. */
  fail(source: Source, status: number): Promise<string> {
    return this.#order(`fail ${source} ${status}`);
  }

  /** From now on a source wants to be asked again in so many seconds only. */
  limit(source: Source, seconds: number): Promise<string> {
    return this.#order(`limit ${source} ${seconds}`);
  }

  /** From now on a source answers again. */
  mend(source: Source): Promise<string> {
    return this.#order(`mend ${source}`);
  }

  /** How many requests a source has had. */
  async requests(source: Source): Promise<number> {
    return Number(await this.#order(`requests ${source}`));
  }

  end(): Promise<void> {
    return this.#program.end();
  }

  #order(order: string): Promise<string> {
    this.#program.say(order);
    return this.#program.until(order, (line) => line);
  }
}

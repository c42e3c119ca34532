import { queryOptions } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

export type Answer = Schema<'AnswerView'>;

/** The kept answer of a search that is in the history. */
export function answerQuery(id: string) {
  return queryOptions({
    queryKey: ['searches', id, 'answer'],
    queryFn: async (): Promise<Answer> => {
      const answer = await take(api.GET('/api/v1/searches/{id}', { params: { path: { id } } }));
      if ('works' in answer) return answer;
      throw new Error('the search is still under way');
    },
    retry: (count, error) => count < 5 && error.message === 'the search is still under way',
  });
}

const ANSWERED = ['answered', 'cached', 'stale'];

/** The sources whose records are in one answer and not in the other: what differs may differ because of them. */
export function silentSources(before: Answer, now: Answer): { onlyBefore: string[]; onlyNow: string[] } {
  const heard = (answer: Answer) => answer.sources.filter(({ state }) => ANSWERED.includes(state)).map(({ source }) => source);
  const [then, since] = [heard(before), heard(now)];
  return { onlyBefore: then.filter((source) => !since.includes(source)), onlyNow: since.filter((source) => !then.includes(source)) };
}

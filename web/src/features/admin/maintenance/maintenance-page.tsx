import { Announce } from './announce';
import { Tasks } from './tasks';

/** What an operator has done once in a while, and a word to everybody about it. */
export function MaintenancePage() {
  return (
    <>
      <Tasks />
      <Announce />
    </>
  );
}

/** Programs and systems by what stands in a user agent; the first that fits. */
const PROGRAMS: [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/python-requests|Python\//, 'Python'],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** The program and the system that a user agent tells of; nothing when it is none that we know. */
export function deviceOf(userAgent: string): { program: string; system: string } | undefined {
  const named = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [program, system] = [named(PROGRAMS), named(SYSTEMS)];
  return program !== undefined && system !== undefined ? { program, system } : undefined;
}

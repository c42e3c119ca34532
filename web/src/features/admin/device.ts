const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/curl\//, 'curl'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** What somebody signed in with, as people call it; what is not known as it names itself. */
export function deviceOf(userAgent: string | null | undefined): string | undefined {
  if (userAgent == null || userAgent === '') return undefined;
  const named = [BROWSERS, SYSTEMS].map((known) => known.find(([pattern]) => pattern.test(userAgent))?.[1]).filter((name) => name !== undefined);
  return named.length === 0 ? userAgent.slice(0, 60) : named.join(' · ');
}

import path from 'node:path';

const src = path.resolve(import.meta.dirname, '../src');

/** Who may use what: a zone may use itself and those to its right of the same line, never those to its left. */
const order = ['main', 'app', 'routes', 'features', 'components', 'lib'];

/** The zone of a file and, within features, which feature: `features/admin/users` is one of its own, `features/admin` is the ground of all of them. */
function place(file) {
  const [zone, ...rest] = path.relative(src, file).split(path.sep);
  if (zone !== 'features') return { zone: zone.replace(/\.[^.]+$/, ''), feature: [] };
  const folders = rest.slice(0, -1);
  return { zone, feature: folders[0] === 'admin' ? folders.slice(0, 2) : folders.slice(0, 1) };
}

function target(from, source) {
  if (source.startsWith('@/')) return path.join(src, source.slice(2));
  return source.startsWith('.') ? path.resolve(path.dirname(from), source) : undefined;
}

function complaint(from, to) {
  if (to.zone === 'locales' || to.zone === 'testing' || from.zone === 'testing') return undefined;
  if (order.indexOf(from.zone) > order.indexOf(to.zone)) return `${from.zone} may not use ${to.zone}`;
  const isOfAnother = to.feature.some((folder, depth) => from.feature[depth] !== folder);
  if (from.zone === 'features' && to.zone === 'features' && isOfAnother) return 'a feature never uses another feature';
  return undefined;
}

/** ESLint rule: app → routes → features → components → lib, and no feature uses another. */
export default {
  meta: { type: 'problem', schema: [], messages: { zone: '{{complaint}} (docs/decisions/0008)' } },
  create(context) {
    const from = context.filename;
    if (!from.startsWith(src + path.sep)) return {};
    const check = (node) => {
      const to = node.source && typeof node.source.value === 'string' && target(from, node.source.value);
      const said = to && complaint(place(from), place(to));
      if (said) context.report({ node, messageId: 'zone', data: { complaint: said } });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

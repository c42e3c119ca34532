import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

import { Diagram } from './diagram';
import type { Drawing } from './drawing';

const INK = '#1c2126';
const SVG = 'http://www.w3.org/2000/svg';

/** The diagram as a file of its own: dark on white, whatever the page looks like. */
export function svgFile(drawing: Drawing, title: string, description: string): Blob {
  const place = document.createElement('div');
  const root = createRoot(place);
  flushSync(() => root.render(createElement(Diagram, { drawing, title, description })));
  const svg = place.querySelector('svg');
  if (!svg) throw new Error('the diagram was not drawn');
  const picture = svg.cloneNode(true) as SVGSVGElement;
  root.unmount();
  picture.setAttribute('color', INK);
  const paper = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ x: '-1', y: '-1', width: '100%', height: '100%', fill: '#fff' })) paper.setAttribute(name, value);
  picture.querySelector('desc')?.after(paper);
  return new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(picture)}\n`], { type: 'image/svg+xml' });
}

/** A name that says what is in the file. */
export function svgName(query: string, startedAt: string): string {
  const words = query.normalize('NFKD').toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 40).replaceAll(/^-|-$/g, '');
  return `pake-prisma-${startedAt.slice(0, 10)}${words && `-${words}`}.svg`;
}

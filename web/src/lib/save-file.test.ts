import { describe, expect, it, vi } from 'vitest';

import { saveFile } from './save-file';

describe('saving a file', () => {
  it('hands the browser the bytes under the name, and leaves nothing in the page', () => {
    vi.useFakeTimers();
    const create = vi.fn(() => 'blob:here');
    const revoke = vi.fn();
    Object.assign(URL, { createObjectURL: create, revokeObjectURL: revoke });
    const clicked: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      clicked.push(`${this.download} ${this.href}`);
    });
    const blob = new Blob(['x']);
    saveFile({ blob, name: 'history.csv' });
    expect(clicked).toEqual(['history.csv blob:here']);
    expect(create).toHaveBeenCalledWith(blob);
    expect(document.querySelector('a')).toBeNull();
    vi.runAllTimers();
    expect(revoke).toHaveBeenCalledWith('blob:here');
    vi.useRealTimers();
  });
});

import { writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const quality = 0.7;

/** Saves a picture of `page` as WebP, a fraction of its PNG; Chromium is the encoder. */
export async function saveWebp(page: Page, file: string): Promise<void> {
  const png = (await page.screenshot()).toString('base64');
  const encoder = await page.context().browser()?.newPage();
  if (encoder === undefined) throw new Error('The page belongs to no browser.');
  try {
    const url = await encoder.evaluate<string>(`(async () => {
      const blob = await (await fetch('data:image/png;base64,${png}')).blob();
      const bitmap = await createImageBitmap(blob);
      const canvas = document.createElement('canvas');
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      return canvas.toDataURL('image/webp', ${quality});
    })()`);
    writeFileSync(file, Buffer.from(url.replace('data:image/webp;base64,', ''), 'base64'));
  } finally {
    await encoder.close();
  }
}

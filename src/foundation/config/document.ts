import { defaultTextOf, type Setting } from './setting.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function row(setting: Setting<unknown>): string {
  const { env, flag, describe, type, defaultText } = setting;
  const value = defaultTextOf(setting);
  const cells = [
    code(env ?? ''),
    code(`--${flag}`),
    `${describe}; ${type.allowed}`,
    defaultText === undefined ? code(value) : value,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** A program's settings as a Markdown table for each group, in the order of its table. */
export function settingsMarkdown(settings: Readonly<Record<string, unknown>>, level = 3): string {
  const all = Object.values(settings as Readonly<Record<string, Setting<unknown>>>);
  const groups = [...new Set(all.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = all.filter((setting) => setting.group === group).map(row);
      return `${'#'.repeat(level)} ${group}\n\n| variable | flag | meaning | default |\n|---|---|---|---|\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { hereDocument, shellWord } from '../../core/shell.ts'

/** What a shell prints that runs the script. */
function printed(shell: string, script: string): string {
  const [program = '', ...words] = shell.split(' ')
  const { stdout, stderr } = spawnSync(program, [...words, '-s'], { input: script, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout
}

describe.each(['dash', 'busybox ash', 'mksh', 'bash'])('in %s', shell => {
  test('a word is what it was made of, whatever that is', () => {
    const texts = [
      '',
      ' ',
      'plain-1.0_a@b%c+d=e:f,g/h',
      '~',
      '~root',
      '*',
      '/*',
      '[a-z]',
      '?',
      '{a,b}',
      "it's 'three' quotes''",
      '"$HOME" $(id) `id` ${x}',
      'a\nb\n',
      'plain\n; id',
      '#x',
      '!x',
      '\\',
      'a\\nb',
      '\t',
      '&',
      ';',
      '|',
      '<x',
      '>x',
      '(x)',
      'ü\u2028',
    ]
    expect(printed(shell, `printf '<%s>\\n' ${texts.map(shellWord).join(' ')}\n`)).toBe(
      texts.map(text => `<${text}>\n`).join(''),
    )
  })

  test('a here-document is its text, whatever that is, with a newline at its end', () => {
    const texts = ['', 'one', 'one\n', '\n\n', 'END\n', 'END_\nEND\nEND__', '$HOME $(id) `id` \\\n\\x']
    for (const text of texts) {
      expect(printed(shell, `cat ${hereDocument(text)}echo after\n`), JSON.stringify(text)).toBe(
        `${text.replace(/([^\n])$/, '$1\n')}after\n`,
      )
    }
  })
})
